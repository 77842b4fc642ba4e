using System.Text;
using FraudStreams.Configuration;

namespace FraudStreams.Simulation;

/// <summary>
/// Opens input files: ordinary ones, standard input ("-"), pipes, and files that are gzip or UTF-16, each recognized by its first bytes. Readers seek, and
/// read more than once; what cannot be read so is copied first, to its end, into a temporary file that has no name, and read from there. A process
/// reads standard input or a pipe once; whoever opens it again gets the same copy.
/// </summary>
static class InputFile
{
    /// <summary>The name of standard input where a file is named.</summary>
    public const string StandardInput = "-";

    static readonly Lock s_gate = new();
    static readonly Dictionary<string, InputCopy> s_pipes = [];
    static readonly Dictionary<(string Path, long Length, DateTime Written), InputCopy> s_decoded = [];

    /// <summary>Forms that are not CSV, by their first bytes.</summary>
    static readonly (byte[] Begins, string Is)[] OtherForms =
    [
        ([.. "PK\u0003\u0004"u8], "a ZIP archive or a workbook: unpack it, or save the sheet as CSV (UTF-8)"),
        ([0xD0, 0xCF, 0x11, 0xE0], "a workbook of an old Excel: save the sheet as CSV (UTF-8)"),
        ([.. "PAR1"u8], "a Parquet file: write it as CSV"),
        ([.. "%PDF"u8], "a PDF: export it as CSV"),
        ([.. "BZh"u8], "compressed with bzip2: only gzip is read, unpack it with bunzip2"),
        ([0xFD, .. "7zXZ"u8], "compressed with xz: only gzip is read, unpack it with unxz"),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd: only gzip is read, unpack it with unzstd"),
        ([.. "SQLite format 3"u8], "an SQLite database: export the table as CSV"),
    ];

    /// <summary>The file's name in messages.</summary>
    public static string NameOf(string path) =>
        path == StandardInput ? "standard input" : path.StartsWith("/dev/fd/", StringComparison.Ordinal) ? "a pipe" : Path.GetFileName(path);

    /// <summary>
    /// The name that ids of rows are made of where the data has none. What comes through a pipe has no name of its own, so a digest of its content stands
    /// in: other content gets other ids.
    /// </summary>
    public static string IdNameOf(string path)
    {
        Open(path).Dispose();
        lock (s_gate)
            return s_pipes.TryGetValue(path, out var copy) ? $"{(path == StandardInput ? "stdin" : "pipe")}-{copy.Digest}" : NameOf(path);
    }

    /// <exception cref="SettingsException">There is no such file, or it is a directory.</exception>
    /// <param name="right">What it must be, for the message.</param>
    public static void Check(string path, string right = "a CSV file with a header")
    {
        if (path == StandardInput)
            return;
        if (Directory.Exists(path))
            throw new SettingsException($"{path} is a directory: it must be {right}");
        if (!File.Exists(path))
            throw new SettingsException($"{path} does not exist: it must be {right}");
    }

    /// <summary>The file from its first byte, as seekable UTF-8 text; owned by the caller.</summary>
    /// <exception cref="SettingsException">There is no such file, or it is something else than text.</exception>
    /// <exception cref="IOException">The file cannot be read, or not to its end.</exception>
    public static Stream Open(string path)
    {
        Check(path);
        lock (s_gate)
        {
            if (s_pipes.TryGetValue(path, out var known))
                return known.Open();
            var file = path == StandardInput
                ? Console.OpenStandardInput()
                : new FileStream(path, new FileStreamOptions { BufferSize = 0, Share = FileShare.ReadWrite, Options = FileOptions.SequentialScan });
            try
            {
                if (!file.CanSeek)
                {
                    // Somebody may be waiting for a source that does not end.
                    Console.Error.WriteLine($"Reading {NameOf(path)} to its end");
                    s_pipes[path] = known = Plain(InputCopy.Of(file), path);
                    file.Dispose();
                    return known.Open();
                }

                using (var decoded = Decoded(file, path))
                {
                    if (decoded is null)
                        return file;
                    var info = new FileInfo(path);
                    var key = (info.FullName, info.Length, info.LastWriteTimeUtc);
                    if (!s_decoded.TryGetValue(key, out known))
                        s_decoded[key] = known = Plain(InputCopy.Of(decoded), path);
                }
            }
            catch (Exception e)
            {
                file.Dispose();
                throw e switch
                {
                    InvalidDataException => new IOException($"{NameOf(path)} is gzip and cannot be read to its end: {e.Message}", e),
                    DecoderFallbackException => new IOException($"{NameOf(path)} is UTF-16 with bytes that are no character: {e.Message}", e),
                    _ => e,
                };
            }

            file.Dispose();
            return known.Open();
        }
    }

    /// <summary>The copy without the forms that may lie in one another, such as UTF-16 in gzip.</summary>
    static InputCopy Plain(InputCopy copy, string path)
    {
        while (true)
        {
            using var file = copy.Open();
            using var decoded = Decoded(file, path);
            if (decoded is null)
                return copy;
            copy = InputCopy.Of(decoded);
        }
    }

    /// <summary>A reader of what the form of a file holds, or null where it is plain; the file is at its beginning then.</summary>
    /// <exception cref="SettingsException">It is a form that is not read.</exception>
    static Stream? Decoded(Stream file, string path)
    {
        Span<byte> head = stackalloc byte[16];
        head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        file.Position = 0;
        foreach (var (begins, isForm) in OtherForms)
        {
            if (head.StartsWith(begins))
                throw new SettingsException($"{NameOf(path)} is {isForm}");
        }

        if (head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            return new GzipInput(file);
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || IsWide(head, letter: 0))
            return FromUtf16(file, bigEndian: false);
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || IsWide(head, letter: 1))
            return FromUtf16(file, bigEndian: true);
        return null;
    }

    /// <summary>Whether each other byte is zero, as in UTF-16 text of Latin letters that has no mark at its beginning.</summary>
    static bool IsWide(ReadOnlySpan<byte> head, int letter)
    {
        if (head.Length < 4)
            return false;
        for (var at = 0; at + 1 < head.Length; at += 2)
        {
            if (head[at + letter] == 0 || head[at + 1 - letter] != 0)
                return false;
        }

        return true;
    }

    static Stream FromUtf16(Stream file, bool bigEndian) =>
        Encoding.CreateTranscodingStream(file, new UnicodeEncoding(bigEndian, byteOrderMark: true, throwOnInvalidBytes: true), new UTF8Encoding(false), leaveOpen: true);
}
