using System;

namespace Unkey.Protocol;

/// <summary>Recognises the fields that the server reads, and says why a line is refused. Any thread; nothing allocates or throws.</summary>
internal static class FieldLine
{
    /// <summary>Notes where a field that the server reads is, and reads the ones that may be repeated.</summary>
    /// <param name="name">One byte or more, not yet known to be a token.</param>
    /// <param name="value">The value without white space around it.</param>
    /// <param name="indexPlusOne">The place of the field in the field list, plus one.</param>
    /// <param name="known">Where it is noted.</param>
    /// <returns>Whether the name is one of these, and so a token.</returns>
    [HotPath]
    public static bool TryNote(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int indexPlusOne, ref KnownFields known)
    {
        switch (name.Length)
        {
            case 4 when Ascii.ShortNameEquals(name, "host"u8):
                HeadRules.SetOnce(ref known.Host, indexPlusOne, ref known, RejectReason.DuplicateHost);
                return true;
            case 6 when Ascii.ShortNameEquals(name, "accept"u8):
                SetFirst(ref known.Accept, indexPlusOne);
                return true;
            case 6 when Ascii.ShortNameEquals(name, "expect"u8):
                HeadRules.ReadExpect(value, ref known);
                return true;
            case 10 when Ascii.NameEquals(name, "user-agent"u8):
                SetFirst(ref known.UserAgent, indexPlusOne);
                return true;
            case 10 when Ascii.NameEquals(name, "connection"u8):
                HeadRules.ReadConnection(value, ref known);
                return true;
            case 11 when Ascii.NameEquals(name, "x-test-time"u8):
                SetFirst(ref known.TestTime, indexPlusOne);
                return true;
            case 12 when Ascii.NameEquals(name, "content-type"u8):
                HeadRules.SetOnce(ref known.ContentType, indexPlusOne, ref known, RejectReason.DuplicateField);
                return true;
            case 13 when Ascii.NameEquals(name, "authorization"u8):
                HeadRules.SetOnce(ref known.Authorization, indexPlusOne, ref known, RejectReason.DuplicateField);
                return true;
            case 14 when Ascii.NameEquals(name, "content-length"u8):
                HeadRules.SetOnce(ref known.ContentLength, indexPlusOne, ref known, RejectReason.DuplicateContentLength);
                return true;
            case 15 when Ascii.NameEquals(name, "x-forwarded-for"u8):
                SetFirst(ref known.XForwardedFor, indexPlusOne);
                return true;
            case 15 when Ascii.NameEquals(name, "x-unkey-metrics"u8):
                SetFirst(ref known.Metrics, indexPlusOne);
                return true;
            case 17 when Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8):
                HeadRules.SetOnce(ref known.TransferEncoding, indexPlusOne, ref known, RejectReason.InvalidTransferEncoding);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Why a line that does not begin with a token and a colon is refused, if it turns out to be complete.</summary>
    public static RejectReason NameFault(ReadOnlySpan<byte> line)
    {
        int nameLength = line.IndexOfAnyExcept(Ascii.Token);
        if (nameLength < 0 || !Ascii.IsBlank(line[nameLength]))
        {
            return RejectReason.InvalidFieldName;
        }

        // RFC: 9112 5.1 and 5.2: white space before a colon, and folded lines, are refused and not repaired.
        return nameLength == 0 ? RejectReason.FoldedLine : RejectReason.WhitespaceBeforeColon;
    }

    /// <summary>Judges a line that cannot be taken: it is incomplete, has a broken end, is too long, or has a fault.</summary>
    /// <param name="line">From the first byte of the line to the last byte there is.</param>
    /// <param name="bytesMax">Longest line in bytes, without CRLF.</param>
    /// <param name="fault">What is wrong with it when it is complete and short enough.</param>
    /// <param name="reason">Why it is refused.</param>
    /// <returns><see cref="ParseStatus.NeedMoreData"/> or <see cref="ParseStatus.Rejected"/>.</returns>
    public static ParseStatus Judge(ReadOnlySpan<byte> line, int bytesMax, RejectReason fault, out RejectReason reason)
    {
        ReadOnlySpan<byte> window = line.Length > bytesMax ? line[..(bytesMax + 1)] : line;
        int end = window.IndexOfAny(Ascii.LineBreaking);
        if (end < 0)
        {
            reason = line.Length > bytesMax ? RejectReason.FieldLineTooLong : RejectReason.None;
        }
        else if (line[end] == (byte)'\n')
        {
            reason = RejectReason.BareLineFeed;
        }
        else if (line[end] != (byte)'\r')
        {
            reason = RejectReason.ControlByte;
        }
        else if (end + 1 == line.Length)
        {
            reason = RejectReason.None;
        }
        else
        {
            reason = line[end + 1] == (byte)'\n' ? fault : RejectReason.BareCarriageReturn;
        }

        return reason == RejectReason.None ? ParseStatus.NeedMoreData : ParseStatus.Rejected;
    }

    private static void SetFirst(ref int slot, int indexPlusOne)
    {
        if (slot == 0)
        {
            slot = indexPlusOne;
        }
    }
}
