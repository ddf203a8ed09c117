"""Keras's API at PyTorch's speed, where every model is an ordinary `torch.nn.Module`."""
