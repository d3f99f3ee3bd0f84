"""Bank files: bytes in, transfers out, and what they most likely pay. Pure: no Django, no database, no clock."""
