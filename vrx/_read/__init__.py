"""Behind the front door of vrx.series: from files, frames and arrays to checked daily rows."""
