// Names in other languages, so that one with quotes, blanks or line breaks in it is still a name, and nothing more, where it is copied to.

// A word of a POSIX shell.
export const shellWord = (text) => (/^[\w.@%+=:,/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

// A string of PromQL.
export const promString = (text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

// A field of CSV (RFC 4180).
export const csvField = (value) => `"${String(value ?? "").replaceAll('"', '""')}"`;

// Rows of values as CSV.
export const csv = (rows) => rows.map((row) => row.map(csvField).join(",")).join("\r\n");

// A file's name: letters, digits, dots and dashes.
export const fileName = (text) => text.replaceAll(/[^\w.-]+/g, "-");
