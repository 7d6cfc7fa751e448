"""What ships in the box, through the same door as a stranger's package."""
