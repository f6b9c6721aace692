"""Open untrusted pictures and PDFs page by page, within limits on size and work.

A file that is small and valid can take hours or many gigabytes to decode, and decoders crash. So
`picture_file.PictureFile` has every file decoded in a child process, one for all files: `decoder`
asks it, and `decoder_process` answers with the pages of `picture`, `pdf` and `pixels`.

This module imports nothing, so that the child starts quickly.
"""
