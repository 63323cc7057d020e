"""Upload: built pictures to a device, verified by the device."""
