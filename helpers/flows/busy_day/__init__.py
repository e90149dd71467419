"""Simulates busy days for Flex Flow configs, one by one or in a grid over many machines."""
