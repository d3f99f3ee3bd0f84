"""The user interface's components. Templates load all of them by `{% load ui %}` (config/kernel/templatetags/ui.py)."""
