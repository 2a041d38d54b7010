"""The composer's POST data without token and prompt: one small picture with default settings."""

FORM = {
    "model": "gpt-image-2",
    "size": "1024x1024",
    "quality": "low",
    "output_format": "png",
    "background": "auto",
    "moderation": "auto",
    "partial_images": "0",
    "n": "1",
}
