"""The Cython binding of the native core: one extension module per subject; core.pxd declares all of csrc they use."""
