"""The course: lessons, working copies, progress, exercises, translations.

Knows no server and no Paddle.
"""
