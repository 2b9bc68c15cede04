using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>A reusable UTF-8 JSON writer and its buffer. Rented per answer; not thread-safe while rented.</summary>
internal sealed class JsonBuffer
{
    private const int BytesKeptMax = 64 * 1024;

    private static readonly ObjectPool<JsonBuffer> s_pool = new DefaultObjectPool<JsonBuffer>(new Policy(), maximumRetained: 32);

    private readonly ArrayBufferWriter<byte> _bytes = new(512);

    private JsonBuffer() =>
        Writer = new Utf8JsonWriter(_bytes, new JsonWriterOptions
        {
            // The answers are application/json and never embedded in HTML, so only what RFC 8259 asks for is escaped.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            SkipValidation = true,
        });

    /// <summary>The writer over this buffer.</summary>
    public Utf8JsonWriter Writer { get; }

    /// <summary>Takes a buffer from the pool. Pair with <see cref="Return"/>.</summary>
    public static JsonBuffer Rent() => s_pool.Get();

    /// <summary>Gives the buffer back; the writer must not be used afterwards.</summary>
    public void Return() => s_pool.Return(this);

    /// <summary>A copy of what has been written.</summary>
    public byte[] ToArray()
    {
        Writer.Flush();
        return _bytes.WrittenSpan.ToArray();
    }

    private sealed class Policy : PooledObjectPolicy<JsonBuffer>
    {
        public override JsonBuffer Create() => new();

        public override bool Return(JsonBuffer buffer)
        {
            // Answers can carry a new key in plain text; it must not linger in the pool.
            buffer._bytes.Clear();
            buffer.Writer.Reset();
            return buffer._bytes.Capacity <= BytesKeptMax;
        }
    }
}
