using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace FraudStreams.Model.Models.External;

/// <summary>A tensor for the rows of one block, filled anew for each. <see cref="DisposableTensors"/> frees it.</summary>
abstract class BlockTensor
{
    BlockTensor(OrtValue value) => Value = value;

    public OrtValue Value { get; }

    public static BlockTensor Of(TensorElementType type, int rank, int rows, int columns)
    {
        long[] shape = rank == 1 ? [rows] : [rows, columns];
        return type switch
        {
            TensorElementType.Float => new Numbers<float>(new float[rows * columns], shape, value => (float)value),
            TensorElementType.Double => new Numbers<double>(new double[rows * columns], shape, value => value),
            // As numpy's astype does: towards zero.
            TensorElementType.Int64 => new Numbers<long>(new long[rows * columns], shape, value => (long)value),
            TensorElementType.Int32 => new Numbers<int>(new int[rows * columns], shape, value => (int)value),
            TensorElementType.String => new Texts(shape),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "a type that cannot be filled"),
        };
    }

    public virtual void Set(int index, double value) => throw new NotSupportedException();

    public virtual void Set(int index, string value) => throw new NotSupportedException();

    /// <summary>The tensor is this array's memory.</summary>
    sealed class Numbers<T>(T[] memory, long[] shape, Func<double, T> convert) : BlockTensor(OrtValue.CreateTensorValueFromMemory(memory, shape))
        where T : unmanaged
    {
        public override void Set(int index, double value) => memory[index] = convert(value);
    }

    sealed class Texts(long[] shape) : BlockTensor(OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape))
    {
        public override void Set(int index, string value) => Value.StringTensorSetElementAt(value.AsSpan(), index);
    }
}

/// <summary>The tensors of one call.</summary>
sealed class DisposableTensors(BlockTensor[] all) : IDisposable
{
    public BlockTensor[] All => all;

    public OrtValue[] Values { get; } = [.. all.Select(tensor => tensor.Value)];

    public void Dispose()
    {
        foreach (var tensor in all)
            tensor.Value.Dispose();
    }
}
