using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace FraudStreams.Simulation;

/// <summary>What was read from a source that can be read only once, in a temporary file that only this process can open and that goes with it.</summary>
sealed class InputCopy
{
    const int BufferBytes = 1 << 20;

    readonly FileStream _file;
    readonly long _length;

    InputCopy(FileStream file, long length, string digest) => (_file, _length, Digest) = (file, length, digest);

    /// <summary>Of the content: eight hexadecimal digits.</summary>
    public string Digest { get; }

    /// <summary>Whether it is the text of a file of typed columns.</summary>
    public bool IsTable { get; set; }

    /// <summary>Whether the source said itself which encoding of Unicode it is in.</summary>
    public bool IsUnicode { get; set; }

    /// <summary>Reads a source to its end. It is not closed.</summary>
    public static InputCopy Of(Stream source)
    {
        var path = Path.Combine(Path.GetTempPath(), $"fraudstreams-input-{Guid.NewGuid():N}");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, BufferSize = 0, Options = FileOptions.DeleteOnClose };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, options);

        // Its name goes at once, so that nothing is left of it where the process is killed. Windows keeps the name until it is closed.
        if (!OperatingSystem.IsWindows())
            File.Delete(path);
        try
        {
            return Filled(file, source);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    static InputCopy Filled(FileStream file, Stream source)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (buffer, length) = (new byte[BufferBytes], 0L);
        for (int read; (read = source.Read(buffer)) > 0; length += read)
        {
            RandomAccess.Write(file.SafeFileHandle, buffer.AsSpan(0, read), length);
            digest.AppendData(buffer, 0, read);
        }

        return new InputCopy(file, length, Convert.ToHexStringLower(digest.GetHashAndReset().AsSpan(0, 4)));
    }

    /// <summary>The content from its first byte. Any number may be open at a time.</summary>
    public Stream Open() => new Reader(_file.SafeFileHandle, _length);

    sealed class Reader(SafeFileHandle file, long length) : InputStream
    {
        public override bool CanSeek => true;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(Span<byte> buffer)
        {
            var read = RandomAccess.Read(file, buffer, Position);
            Position += read;
            return read;
        }

        public override long Seek(long offset, SeekOrigin origin) =>
            Position = offset + origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => Position, _ => length };
    }
}
