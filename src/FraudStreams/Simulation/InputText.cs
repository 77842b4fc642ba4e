using FraudStreams.Model.Schemas;

namespace FraudStreams.Simulation;

/// <summary>An opened input file, whatever its form, as text that CSV readers take.</summary>
/// <param name="Stream">UTF-8 text from its first byte; seekable.</param>
/// <param name="Format">How its values are written.</param>
/// <param name="IsTable">Whether it was made of typed columns, which have rows and no lines.</param>
sealed record InputText(Stream Stream, CsvFormat Format, bool IsTable) : IDisposable
{
    /// <summary>Where a row stands, for messages.</summary>
    public string PlaceOf(long row, long line) => IsTable ? $"row {row}" : $"line {line}";

    public void Dispose() => Stream.Dispose();
}
