using System;
using Unkey.Protocol;

namespace Unkey.Server.Transport;

/// <summary>The head of a 200 with JSON, which is the same for every answer of a second: written once and then copied. One reactor thread.</summary>
/// <param name="clock">The reactor's clock.</param>
internal sealed class JsonHead(ReactorClock clock)
{
    private const int BytesMax = 256;

    private readonly byte[] _bytes = new byte[BytesMax];
    private int _length;
    private long _second = -1;

    /// <summary>Writes the head; its parts one by one where the connection has to be told something or answers carry their time.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="option">What to say of the connection.</param>
    [HotPath]
    internal void Write(ref ResponseWriter writer, ConnectionOption option)
    {
        if (option != ConnectionOption.None || clock.HasServerTiming)
        {
            writer.WriteHead(200, ResponseWriter.ApplicationJson, clock.DateOf(clock.Timestamp), option);
            return;
        }

        if (_second != clock.DateSecond)
        {
            Prepare();
        }

        writer.WriteHead(new ReadOnlySpan<byte>(_bytes, 0, _length));
    }

    private void Prepare()
    {
        var writer = new ResponseWriter(_bytes);
        writer.WriteHead(200, ResponseWriter.ApplicationJson, clock.Date, ConnectionOption.None);
        _length = writer.Written;
        _second = clock.DateSecond;
    }
}
