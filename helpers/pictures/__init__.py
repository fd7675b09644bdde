"""The lessons' pictures, one module a lesson and one function a picture: data in, picture out."""
