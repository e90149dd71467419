"""The notebooks of an installed package, to copy to where they are read."""
