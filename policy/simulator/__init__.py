"""Google in a box: a WSGI app with the rules of Classroom, Directory and the token endpoint."""
