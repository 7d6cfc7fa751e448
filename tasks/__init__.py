"""Tasks in the box, one value a file: tasks/<domain>/<task>.py."""
