# another text
