"""Everything a retriever-only user needs: catalogue, encoder, index, retriever."""
