"""shoplens beside the stock ways of doing the same: `shoplens bench`."""
