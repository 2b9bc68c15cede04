using System;

namespace Unkey.Protocol;

/// <summary>What the fields of a complete head mean, and which combinations have no single meaning. Any thread; nothing
/// allocates or throws.</summary>
/// <remarks>Syntax is judged line by line as the bytes come, meaning once at the end. So an answer never depends on how the
/// bytes were cut into packets.</remarks>
internal static class HeadRules
{
    /// <summary>Judges a head whose lines are all read, and works out its framing.</summary>
    /// <returns><see cref="RejectReason.None"/> when the head has exactly one meaning.</returns>
    [HotPath]
    public static RejectReason Finish(RequestHead head)
    {
        ref KnownFields known = ref head.Known;
        if (known.Fault != RejectReason.None)
        {
            return known.Fault;
        }

        // RFC: 9112 3.2, exactly one valid Host in HTTP/1.1; in 1.0 it may be missing.
        if (known.Host == 0)
        {
            if (head.IsHttp11)
            {
                return RejectReason.MissingHost;
            }
        }
        else if (!Authority.IsValid(head.Value(known.Host)))
        {
            return RejectReason.InvalidHost;
        }

        if (known.TransferEncoding != 0)
        {
            RejectReason fault = JudgeTransferEncoding(head);
            if (fault != RejectReason.None)
            {
                return fault;
            }
        }
        else if (known.ContentLength != 0)
        {
            // RFC: 9112 6.3, an invalid length is unrecoverable.
            if (!Ascii.TryParseUnsigned(head.Value(known.ContentLength), out long length))
            {
                return RejectReason.InvalidContentLength;
            }

            head.ContentLength = length;
        }

        // Last, so that its 417 never hides a fault of framing.
        return (known.Flags & HeadFlags.UnknownExpectation) == 0 ? RejectReason.None : RejectReason.UnknownExpectation;
    }

    /// <summary>Reads one Connection field (RFC 9110 7.6.1: a list of tokens, empty elements allowed).</summary>
    [HotPath]
    public static void ReadConnection(ReadOnlySpan<byte> value, ref KnownFields known)
    {
        // What nearly every client sends, before the general case.
        if (value.Length == 10 && Ascii.NameEquals(value, "keep-alive"u8))
        {
            known.Flags |= HeadFlags.KeepAlive;
            return;
        }

        // BOUND: each turn consumes one element of the list.
        while (true)
        {
            int comma = value.IndexOf((byte)',');
            ReadOnlySpan<byte> option = TrimBlanks(comma < 0 ? value : value[..comma]);
            if (option.ContainsAnyExcept(Ascii.Token))
            {
                SetFault(ref known, RejectReason.InvalidConnection);
                return;
            }

            if (option.Length == 10 && Ascii.NameEquals(option, "keep-alive"u8))
            {
                known.Flags |= HeadFlags.KeepAlive;
            }
            else if (option.Length == 5 && Ascii.ShortNameEquals(option, "close"u8))
            {
                known.Flags |= HeadFlags.Close;
            }

            if (comma < 0)
            {
                return;
            }

            value = value[(comma + 1)..];
        }
    }

    /// <summary>Reads one Expect field (RFC 9110 10.1.1).</summary>
    public static void ReadExpect(ReadOnlySpan<byte> value, ref KnownFields known)
    {
        if (Ascii.EqualsIgnoreCase(value, "100-continue"u8))
        {
            known.Flags |= HeadFlags.ExpectContinue;
        }
        else
        {
            known.Flags |= HeadFlags.UnknownExpectation;
        }
    }

    /// <summary>Notes a field that may be there once.</summary>
    [HotPath]
    public static void SetOnce(ref int slot, int indexPlusOne, ref KnownFields known, RejectReason whenRepeated)
    {
        if (slot != 0)
        {
            SetFault(ref known, whenRepeated);
        }

        slot = indexPlusOne;
    }

    private static RejectReason JudgeTransferEncoding(RequestHead head)
    {
        // RFC: 9112 6.1 and 6.3: both framings, or a coding in HTTP/1.0, is what request smuggling is made of.
        if (head.Known.ContentLength != 0)
        {
            return RejectReason.ConflictingFraming;
        }

        ReadOnlySpan<byte> coding = head.Value(head.Known.TransferEncoding);
        if (!head.IsHttp11 || coding.IsEmpty || coding.ContainsAnyExcept(Ascii.Token))
        {
            return RejectReason.InvalidTransferEncoding;
        }

        return Ascii.EqualsIgnoreCase(coding, "chunked"u8) ? RejectReason.None : RejectReason.UnknownTransferCoding;
    }

    private static void SetFault(ref KnownFields known, RejectReason reason)
    {
        if (known.Fault == RejectReason.None)
        {
            known.Fault = reason;
        }
    }

    private static ReadOnlySpan<byte> TrimBlanks(ReadOnlySpan<byte> value)
    {
        while (!value.IsEmpty && Ascii.IsBlank(value[0]))
        {
            value = value[1..];
        }

        while (!value.IsEmpty && Ascii.IsBlank(value[^1]))
        {
            value = value[..^1];
        }

        return value;
    }
}
