"""The course: lessons, working copies, progress, exercises, translations.

It depends on neither a server nor Paddle.
"""
