"""The API of torch.utils.data.DataLoader."""
