using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Simulation;

/// <summary>
/// Opens input files: ordinary ones, standard input ("-"), pipes, and files that are gzip, zstd, Parquet or UTF-16, each recognized by its first bytes, or of an
/// encoding that the schema names. Readers seek, and read more than once; what cannot be read so is copied first, to its end, as UTF-8 text into a temporary
/// file that has no name, and read from there. A process reads standard input or a pipe once; whoever opens it again gets the same copy.
/// </summary>
static class InputFile
{
    /// <summary>The name of standard input where a file is named.</summary>
    public const string StandardInput = "-";

    static readonly Lock s_gate = new();
    static readonly Dictionary<string, InputCopy> s_pipes = [];
    static readonly Dictionary<(string Path, long Length, DateTime Written, string? Encoding), InputCopy> s_decoded = [];

    /// <summary>Forms that are not CSV, by their first bytes.</summary>
    static readonly (byte[] Begins, string Is)[] OtherForms =
    [
        ([.. "PK\u0003\u0004"u8], "a ZIP archive or a workbook: unpack it, or save the sheet as CSV (UTF-8)"),
        ([0xD0, 0xCF, 0x11, 0xE0], "a workbook of an old Excel: save the sheet as CSV (UTF-8)"),
        ([.. "%PDF"u8], "a PDF: export it as CSV"),
        ([.. "BZh"u8], "compressed with bzip2: only gzip and zstd are read, unpack it with bunzip2"),
        ([0xFD, .. "7zXZ"u8], "compressed with xz: only gzip and zstd are read, unpack it with unxz"),
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
        Open(path, CsvFormat.AsFound).Dispose();
        lock (s_gate)
            return s_pipes.TryGetValue(path, out var copy) ? $"{(path == StandardInput ? "stdin" : "pipe")}-{copy.Digest}" : NameOf(path);
    }

    /// <exception cref="SettingsException">There is no such file, or it is a directory.</exception>
    /// <param name="right">What it must be, for the message.</param>
    public static void Check(string path, string right = "a CSV file with a header, or a Parquet file")
    {
        if (path == StandardInput)
            return;
        if (Directory.Exists(path))
            throw new SettingsException($"{path} is a directory: it must be {right}");
        if (!File.Exists(path))
            throw new SettingsException($"{path} does not exist: it must be {right}");
    }

    /// <summary>The file from its first byte, as seekable UTF-8 text; owned by the caller.</summary>
    /// <param name="csv">How such files are written, if this is one of text.</param>
    /// <exception cref="SettingsException">There is no such file, or it is something else than text or a table.</exception>
    /// <exception cref="IOException">The file cannot be read, or not to its end.</exception>
    public static InputText Open(string path, CsvFormat csv)
    {
        Check(path);
        lock (s_gate)
        {
            var (file, copy) = OpenPlain(path);
            if (copy is { IsTable: true })
                return new InputText(file, csv.OfTypedColumns(), IsTable: true);
            if (csv.Encoding is not { } name || CsvFormat.EncodingOf(name) is not { } encoding || encoding is UTF8Encoding || copy is { IsUnicode: true } || HasMark(file))
                return new InputText(file, csv, IsTable: false);
            using (file)
            {
                var key = KeyOf(path, name);
                if (!s_decoded.TryGetValue(key, out var transcoded))
                    s_decoded[key] = transcoded = CopyOf(new TranscodedInput(file, encoding), path, $"read as {name} (csv.encoding of the schema)");
                return new InputText(transcoded.Open(), csv, IsTable: false);
            }
        }
    }

    /// <summary>The file without the forms that its first bytes tell, and the copy that it is read from; null where it is the file itself.</summary>
    static (Stream File, InputCopy? Copy) OpenPlain(string path)
    {
        if (s_pipes.TryGetValue(path, out var known))
            return (known.Open(), known);
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
            }
            else if (FormOf(file, path) is { } form)
            {
                var key = KeyOf(path, encoding: null);
                if (!s_decoded.TryGetValue(key, out known))
                    s_decoded[key] = known = Plain(Decoded(file, form, path), path);
            }
            else
            {
                return (file, null);
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return (known.Open(), known);
    }

    static (string Path, long Length, DateTime Written, string? Encoding) KeyOf(string path, string? encoding)
    {
        if (s_pipes.ContainsKey(path))
            return (path, 0, default, encoding);
        var info = new FileInfo(path);
        return (info.FullName, info.Length, info.LastWriteTimeUtc, encoding);
    }

    /// <summary>The copy without the forms that may lie in one another, such as UTF-16 in gzip.</summary>
    static InputCopy Plain(InputCopy copy, string path)
    {
        while (!copy.IsTable)
        {
            using var file = copy.Open();
            if (FormOf(file, path) is not { } form)
                break;
            copy = Decoded(file, form, path);
        }

        return copy;
    }

    static InputCopy Decoded(Stream file, InputForm form, string path)
    {
        switch (form)
        {
            case InputForm.Gzip:
                return CopyOf(new GzipInput(file), path, "gzip");
            case InputForm.Zstd:
                return CopyOf(new ZstdInput(file), path, "zstd");
            case InputForm.Parquet:
                return CopyOf(new ParquetInput(file), path, "Parquet", copy => copy.IsTable = true);
            default:
                var encoding = new UnicodeEncoding(form == InputForm.Utf16BigEndian, byteOrderMark: true, throwOnInvalidBytes: true);
                return CopyOf(new TranscodedInput(file, encoding), path, "UTF-16", copy => copy.IsUnicode = true);
        }
    }

    static InputCopy CopyOf(Stream decoded, string path, string form, Action<InputCopy>? mark = null)
    {
        using (decoded)
        {
            try
            {
                var copy = InputCopy.Of(decoded);
                mark?.Invoke(copy);
                return copy;
            }
            catch (InvalidDataException e)
            {
                throw new IOException($"{NameOf(path)} is {form} and cannot be read to its end: {e.Message}", e);
            }
        }
    }

    /// <summary>The form of a file; null where it is plain. It is at its beginning then.</summary>
    /// <exception cref="SettingsException">It is a form that is not read.</exception>
    static InputForm? FormOf(Stream file, string path)
    {
        var head = HeadOf(file, stackalloc byte[16]);
        foreach (var (begins, isForm) in OtherForms)
        {
            if (head.StartsWith(begins))
                throw new SettingsException($"{NameOf(path)} is {isForm}");
        }

        return head switch
        {
            [0x1F, 0x8B, ..] => InputForm.Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => InputForm.Zstd,
            [(byte)'P', (byte)'A', (byte)'R', (byte)'1', ..] => InputForm.Parquet,
            [0xFF, 0xFE, ..] => InputForm.Utf16LittleEndian,
            [0xFE, 0xFF, ..] => InputForm.Utf16BigEndian,
            _ when IsWide(head, letter: 0) => InputForm.Utf16LittleEndian,
            _ when IsWide(head, letter: 1) => InputForm.Utf16BigEndian,
            _ => null,
        };
    }

    /// <summary>Whether a text says itself that it is UTF-8.</summary>
    static bool HasMark(Stream file) => HeadOf(file, stackalloc byte[3]).SequenceEqual("\uFEFF"u8);

    static ReadOnlySpan<byte> HeadOf(Stream file, Span<byte> into)
    {
        var head = into[..file.ReadAtLeast(into, into.Length, throwOnEndOfStream: false)];
        file.Position = 0;
        return head;
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

    enum InputForm
    {
        Gzip,
        Zstd,
        Parquet,
        Utf16LittleEndian,
        Utf16BigEndian,
    }
}
