"""How many queries each page may cost, whatever it shows."""
