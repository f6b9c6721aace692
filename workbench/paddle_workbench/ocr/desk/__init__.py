"""The OCR desk: pages, edits with undo, their files, and the exchange with PPOCRLabel."""
