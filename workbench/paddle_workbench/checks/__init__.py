"""Check that notebooks still give their stored outputs: nbval, without known noise."""
