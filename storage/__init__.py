"""Memory: tables beside their queries. Functions take `tx` and never commit."""
