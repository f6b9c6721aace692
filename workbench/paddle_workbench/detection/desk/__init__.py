"""The desk for boxes of goods: pictures whose boxes are drawn, moved and given a class."""
