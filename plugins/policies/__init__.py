"""Model families: each folder is one family, and none imports another."""
