"""Head and thorax orientation, and the neck angles between them."""
