"""Operations on images: their size, colours, places and patches."""

from kerasish.ops.image._colors import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from kerasish.ops.image._filters import extract_patches, extract_patches_3d, gaussian_blur, sobel_edges, ssim
from kerasish.ops.image._resizing import crop_images, pad_images, resize, scale_and_translate
from kerasish.ops.image._sampling import affine_transform, elastic_transform, map_coordinates, perspective_transform

__all__ = [
    "affine_transform",
    "crop_images",
    "elastic_transform",
    "extract_patches",
    "extract_patches_3d",
    "gaussian_blur",
    "hsv_to_rgb",
    "map_coordinates",
    "pad_images",
    "perspective_transform",
    "resize",
    "rgb_to_grayscale",
    "rgb_to_hsv",
    "scale_and_translate",
    "sobel_edges",
    "ssim",
]
