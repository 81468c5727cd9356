"""What overlay and report show of the worker: body, skeleton, labels, faces, bar.

``skin``, ``heads``, ``covers``, ``places`` and ``words`` are pure; the others draw
(cv2) into arrays that they are given. None of them reads or writes a file.
"""
