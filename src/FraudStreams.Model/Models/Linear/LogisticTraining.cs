using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Model.Models.Linear;

/// <summary>
/// Newton's method on the penalised logistic loss (iteratively reweighted least squares), with step halving until the loss does not rise.
/// </summary>
sealed class LogisticTraining(TrainingSet set, LogisticSettings settings, LinearEncoding[] encodings)
{
    /// <summary>Rows are summed in this many parts for any number of threads, so that rounding is always the same.</summary>
    const int Parts = 8;
    const int MostHalvings = 30;

    readonly int _slots = encodings.Sum(e => e.Slots);
    readonly ParallelOptions _parallel =
        new() { MaxDegreeOfParallelism = settings.Threads == 0 ? Environment.ProcessorCount : settings.Threads };

    /// <returns>One weight for each slot, then the intercept.</returns>
    public double[] Run(CancellationToken cancellationToken)
    {
        var weights = new double[_slots + 1];
        var loss = double.PositiveInfinity;
        for (var iteration = 0; iteration < settings.MaxIterations; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var here = Evaluate(weights, withDerivatives: true);
            if (iteration > 0 && Math.Abs(loss - here.Loss) <= settings.Tolerance * Math.Max(1e-300, Math.Abs(here.Loss))) break;
            loss = here.Loss;
            var step = here.Solve();
            if (Descend(weights, step, loss) is not { } next) break;
            weights = next;
        }
        return weights;
    }

    /// <summary>The weights after the longest of the steps 1, ½, ¼, … that does not raise the loss; null if there is none.</summary>
    double[]? Descend(double[] weights, double[] step, double loss)
    {
        var next = new double[weights.Length];
        var length = 1.0;
        for (var halving = 0; halving < MostHalvings; halving++, length /= 2)
        {
            for (var i = 0; i < next.Length; i++) next[i] = weights[i] - length * step[i];
            if (Evaluate(next, withDerivatives: false).Loss <= loss) return next;
        }
        return null;
    }

    NewtonStep Evaluate(double[] weights, bool withDerivatives)
    {
        var parts = new NewtonStep[Parts];
        Parallel.For(0, Parts, _parallel, part =>
        {
            parts[part] = new NewtonStep(withDerivatives ? _slots + 1 : 0);
            var (from, to) = ((int)((long)set.Rows * part / Parts), (int)((long)set.Rows * (part + 1) / Parts));
            AddRows(parts[part], weights, from, to, withDerivatives);
        });
        var sum = parts[0];
        foreach (var part in parts.AsSpan(1)) sum.Add(part);
        for (var i = 0; i < _slots; i++)
        {
            sum.Loss += settings.L2 / 2 * weights[i] * weights[i];
            if (!withDerivatives) continue;
            sum.Gradient[i] += settings.L2 * weights[i];
            sum.Hessian[i * (_slots + 1) + i] += settings.L2;
        }
        return sum;
    }

    void AddRows(NewtonStep sum, double[] weights, int from, int to, bool withDerivatives)
    {
        var features = encodings.Length;
        var values = set.Values.Span;
        var labels = set.Labels.Span;
        var rowWeights = set.Weights.Span;
        var encoded = new (int Slot, double Value)[features + 1];
        var size = _slots + 1;
        for (var row = from; row < to; row++)
        {
            var count = 0;
            var margin = weights[_slots];
            for (var f = 0; f < features; f++)
            {
                var (slot, value) = encodings[f].Encode(values[row * features + f]);
                if (slot < 0) continue;
                encoded[count++] = (slot, value);
                margin += weights[slot] * value;
            }
            encoded[count++] = (_slots, 1);
            var weight = (rowWeights.IsEmpty ? 1.0 : rowWeights[row]) * (labels[row] == 1 ? settings.PositiveWeight : 1);
            var towards = labels[row] == 1 ? -margin : margin;
            sum.Loss += weight * (Math.Max(towards, 0) + Math.Log(1 + Math.Exp(-Math.Abs(towards))));
            if (!withDerivatives) continue;
            var p = 1 / (1 + Math.Exp(-margin));
            var gradient = weight * (p - labels[row]);
            var curvature = weight * p * (1 - p);
            for (var i = 0; i < count; i++)
            {
                var (slot, value) = encoded[i];
                sum.Gradient[slot] += gradient * value;
                for (var j = 0; j <= i; j++) sum.Hessian[slot * size + encoded[j].Slot] += curvature * value * encoded[j].Value;
            }
        }
    }
}
