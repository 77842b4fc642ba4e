using System.Security.Cryptography;
using System.Text;

namespace FraudStreams.Simulation.Http;

/// <summary>The payments sent last, by their identity: a fixed number, some 70 bytes each. Not thread-safe.</summary>
sealed class SentPayments(int capacity)
{
    readonly HashSet<UInt128> _known = [];
    readonly Queue<UInt128> _order = [];

    /// <summary>Whether it is not among them; it is from now on, in place of the oldest.</summary>
    public bool Add(string identity)
    {
        if (capacity == 0)
            return true;
        var hash = BitConverter.ToUInt128(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 16));
        if (!_known.Add(hash))
            return false;
        _order.Enqueue(hash);
        if (_order.Count > capacity)
            _known.Remove(_order.Dequeue());
        return true;
    }
}
