"""Annotations of pictures in files: COCO, Pascal VOC, LabelMe and YOLO, read and written."""
