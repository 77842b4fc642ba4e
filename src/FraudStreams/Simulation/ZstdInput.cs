using ZstdSharp;

namespace FraudStreams.Simulation;

/// <summary>Unpacks zstd, of one frame or several, and refuses a file that is damaged or cut.</summary>
sealed class ZstdInput(Stream file) : InputStream
{
    readonly DecompressionStream _unpacked = new(file, checkEndOfStream: true, leaveOpen: true);

    /// <exception cref="InvalidDataException">The file is damaged or cut.</exception>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return _unpacked.Read(buffer);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("it is cut before the end of its data", e);
        }
        catch (ZstdException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _unpacked.Dispose();
        base.Dispose(disposing);
    }
}
