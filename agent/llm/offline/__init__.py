"""The built-in offline model: plain questions into SQL by rules, behind the same protocol as any other model."""
