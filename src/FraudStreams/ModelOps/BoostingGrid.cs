using System.Globalization;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.ModelOps;

/// <summary>A grid of settings: every combination of the values given for each key, such as <c>trees=50,100; leaves=7,15</c>.</summary>
sealed class BoostingGrid
{
    static readonly Dictionary<string, Func<BoostingSettings, double, BoostingSettings>> Setters = new(StringComparer.Ordinal)
    {
        ["trees"] = (settings, value) => settings with { Trees = Whole(value) },
        ["learning-rate"] = (settings, value) => settings with { LearningRate = value },
        ["leaves"] = (settings, value) => settings with { MaxLeaves = Whole(value) },
        ["max-depth"] = (settings, value) => settings with { MaxDepth = Whole(value) },
        ["min-child-weight"] = (settings, value) => settings with { MinChildWeight = value },
        ["lambda"] = (settings, value) => settings with { Lambda = value },
        ["max-leaf-step"] = (settings, value) => settings with { MaxLeafStep = value },
        ["subsample-rows"] = (settings, value) => settings with { SubsampleRows = value },
        ["subsample-columns"] = (settings, value) => settings with { SubsampleColumns = value },
        ["positive-weight"] = (settings, value) => settings with { PositiveWeight = value },
    };

    BoostingGrid(IReadOnlyList<(string Key, double[] Values)> axes) => Axes = axes;

    public IReadOnlyList<(string Key, double[] Values)> Axes { get; }

    public int Count => Axes.Aggregate(1, (count, axis) => count * axis.Values.Length);

    /// <exception cref="FormatException">The text is no grid; the message says what would be.</exception>
    public static BoostingGrid Parse(string text)
    {
        var axes = new List<(string, double[])>();
        foreach (var axis in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var parts = axis.Split('=', StringSplitOptions.TrimEntries);
            if (parts.Length != 2 || !Setters.ContainsKey(parts[0]))
                throw new FormatException($"\"{axis}\" is no key with values, as in trees=50,100; keys are {string.Join(", ", Setters.Keys)}");
            if (axes.Exists(known => known.Item1 == parts[0]))
                throw new FormatException($"\"{parts[0]}\" is there twice");
            axes.Add((parts[0], [.. parts[1].Split(',', StringSplitOptions.TrimEntries).Select(value => Number(parts[0], value))]));
        }

        return axes.Count > 0 ? new BoostingGrid(axes) : throw new FormatException("the grid is empty; give keys with values, as in trees=50,100; leaves=7,15");
    }

    /// <summary>Every combination, the first key changing slowest.</summary>
    public IEnumerable<(double[] Values, BoostingSettings Settings)> Over(BoostingSettings settings)
    {
        for (var number = 0; number < Count; number++)
        {
            var (rest, combined, values) = (number, settings, new double[Axes.Count]);
            for (var axis = Axes.Count - 1; axis >= 0; axis--)
            {
                values[axis] = Axes[axis].Values[rest % Axes[axis].Values.Length];
                rest /= Axes[axis].Values.Length;
                combined = Setters[Axes[axis].Key](combined, values[axis]);
            }

            yield return (values, combined);
        }
    }

    static double Number(string key, string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : throw new FormatException($"\"{text}\" of {key} is not a number");

    static int Whole(double value) => (int)Math.Round(value);
}
