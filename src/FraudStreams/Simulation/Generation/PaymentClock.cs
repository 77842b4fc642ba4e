namespace FraudStreams.Simulation.Generation;

/// <summary>
/// The time of payment n, and the payment at a time. Each week has the same number of payments, distributed over its days and hours by how busy they
/// are; the n-th is at the matching quantile, so times never run backwards and each is computed without the others.
/// </summary>
sealed class PaymentClock
{
    public const int SecondsPerDay = 86_400;

    /// <summary>The last time that schemas accept.</summary>
    static readonly DateTimeOffset End = new(2199, 12, 31, 0, 0, 0, TimeSpan.Zero);

    // Sunday first, as DayOfWeek counts.
    static readonly double[] DayWeights = [0.98, 0.90, 0.88, 0.93, 1.00, 1.16, 1.15];
    static readonly double[] WorkdayHours = [12, 8, 6, 5, 6, 10, 20, 38, 52, 50, 52, 60, 74, 66, 56, 58, 68, 84, 88, 76, 60, 46, 32, 20];
    static readonly double[] WeekendHours = [22, 16, 12, 8, 6, 7, 11, 20, 36, 56, 72, 80, 82, 80, 78, 76, 74, 72, 72, 68, 60, 52, 42, 30];

    readonly int _seed;
    readonly long _startSecond;
    readonly DayOfWeek _firstDay;
    readonly long[] _dayStarts = new long[8];
    readonly double[] _workday = Cumulative(WorkdayHours);
    readonly double[] _weekend = Cumulative(WeekendHours);

    public PaymentClock(GeneratorSettings settings)
    {
        _seed = settings.Seed;
        _firstDay = settings.Start.DayOfWeek;
        _startSecond = new DateTimeOffset(settings.Start, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeSeconds();
        PerWeek = settings.PaymentsPerDay * 7L;
        var total = DayWeights.Sum();
        var sum = 0.0;
        for (var day = 0; day < 7; day++)
        {
            sum += DayWeights[(int)WeekdayOf(day)];
            _dayStarts[day + 1] = day == 6 ? PerWeek : (long)Math.Round(PerWeek * sum / total);
        }

        Last = ((End.ToUnixTimeSeconds() - _startSecond) / (7L * SecondsPerDay) * PerWeek) - 1;
    }

    public long PerWeek { get; }

    /// <summary>The last payment: after it, event time would pass the last time that schemas accept.</summary>
    public long Last { get; }

    /// <summary>Unix seconds of the payment.</summary>
    public long SecondOf(long number)
    {
        var (week, inWeek) = Math.DivRem(number, PerWeek);
        var day = 0;
        while (inWeek >= _dayStarts[day + 1])
            day++;
        var random = SeededRandom.For(_seed, Salt.Minute, number);
        var quantile = (inWeek - _dayStarts[day] + random.Unit()) / (_dayStarts[day + 1] - _dayStarts[day]);

        var hours = HoursOf(day);
        var hour = 0;
        while (hour < 23 && quantile >= hours[hour + 1])
            hour++;
        var second = (int)((hour + ((quantile - hours[hour]) / (hours[hour + 1] - hours[hour]))) * 3600);
        return _startSecond + (((week * 7) + day) * SecondsPerDay) + Math.Min(second, SecondsPerDay - 1);
    }

    /// <summary>The payment nearest to a second of a day, counted from the first.</summary>
    public long NumberAt(long day, int second)
    {
        var (week, dayOfWeek) = Math.DivRem(day, 7);
        var hours = HoursOf((int)dayOfWeek);
        var (hour, rest) = Math.DivRem(Math.Clamp(second, 0, SecondsPerDay - 1), 3600);
        var quantile = hours[hour] + (rest / 3600.0 * (hours[hour + 1] - hours[hour]));
        var count = _dayStarts[dayOfWeek + 1] - _dayStarts[dayOfWeek];
        return (week * PerWeek) + _dayStarts[dayOfWeek] + Math.Min((long)(quantile * count), count - 1);
    }

    double[] HoursOf(int day) => WeekdayOf(day) is DayOfWeek.Saturday or DayOfWeek.Sunday ? _weekend : _workday;

    DayOfWeek WeekdayOf(int day) => (DayOfWeek)(((int)_firstDay + day) % 7);

    static double[] Cumulative(double[] weights)
    {
        var total = weights.Sum();
        var cumulative = new double[weights.Length + 1];
        for (var i = 0; i < weights.Length; i++)
            cumulative[i + 1] = cumulative[i] + (weights[i] / total);
        return cumulative;
    }
}
