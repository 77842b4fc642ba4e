using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Profiling;

/// <summary>How far a second time of a payment lies from its event time: a constant offset of years or hours is a mistake of whoever made the data.</summary>
sealed class TimeOffsets(SchemaField field)
{
    /// <summary>Offsets this near to each other are one: clocks round, and a zone's summer time is an hour.</summary>
    const double SameMilliseconds = 2 * 3_600_000;

    const double Hour = 3_600_000, Day = 86_400_000;

    double _min = double.PositiveInfinity, _max = double.NegativeInfinity;
    long _rows;

    public void Add(long eventTime, long time)
    {
        var offset = (double)time - eventTime;
        (_min, _max, _rows) = (Math.Min(_min, offset), Math.Max(_max, offset), _rows + 1);
    }

    /// <summary>Null where the two times agree, or do not keep a distance.</summary>
    public Oddity? Find(string eventTime)
    {
        if (_rows < 2 || _max - _min > SameMilliseconds || Math.Min(Math.Abs(_min), Math.Abs(_max)) < Hour / 4)
            return null;
        var offset = (_min + _max) / 2;
        var years = Math.Abs(offset) / (365.25 * Day);
        var length = Math.Abs(offset) >= 2 * Day ? $"{Math.Abs(offset) / Day:#,0} days{(years >= 0.95 ? $", {years:0.#} years" : "")}" : $"{Math.Abs(offset) / Hour:0.##} hours";
        return new Oddity("time-offset", field.Name, _rows, $"{field.Name} is always {length} {(offset > 0 ? "after" : "before")} {eventTime}: one of the two clocks is wrong, or they are of different zones");
    }
}
