"""Act: the only package with sockets, clocks and vendors."""
