"""What desks share: pages whose items are edited, with undo, and the files of pages."""
