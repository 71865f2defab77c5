"""What `make` calls: one module a target, thin. What they do is in lib/ and defs/."""
