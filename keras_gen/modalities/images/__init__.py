"""Images: picture files to arrays, bytes to [-1, 1], any size to one, grids and scores of likeness."""
