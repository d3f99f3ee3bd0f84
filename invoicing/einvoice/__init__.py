"""The invoice for machines: EN 16931 as CII and as UBL, the split as CSV. Pure: the frozen document in, bytes out."""
