"""Let caseworkers watch and join the conversations they are responsible for."""
