//! A processor's stream threads: started, watched, stopped.
