"""Pure core: arrays and frozen values in, arrays and frozen values out."""
